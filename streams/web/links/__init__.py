"""The unit's page behind a letter's link: `/u/{token}`."""
