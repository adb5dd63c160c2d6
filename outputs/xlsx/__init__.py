"""An .xlsx as it lies in the file: its package, its sheet's bytes."""
