"""A binary workbook written again as .xlsx."""
