"""Rows of objects as tables that DuckDB reads: lines of JSON, sheets of workbooks and results of databases."""
