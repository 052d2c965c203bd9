"""The unit's page behind a letter's link 办理页: what it says, without a template. Pure."""
