"""The sections of the report, one file each: `write(source) -> Section`."""
