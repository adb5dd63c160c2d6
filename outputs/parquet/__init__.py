"""The parts of writing a Parquet file again."""
