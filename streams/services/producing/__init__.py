"""What feeds the tracker: tools that run, reports that are read, pages that are fetched, requests answered."""
