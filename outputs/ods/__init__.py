"""An OpenDocument spreadsheet as it lies in the file: the bytes of its content."""
