"""Commands of producers: reports by their mappings, tools that are run, requests that are answered, pages fetched."""
