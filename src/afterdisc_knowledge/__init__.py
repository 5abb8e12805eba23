"""The knowledge base of Afterdisc: YAML and CSV files only. Start with README.md."""
