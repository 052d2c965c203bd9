"""What people ask and do: async, no printing; terminal, pages and API call the same."""
