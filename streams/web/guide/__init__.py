"""The guide for units 责任单位办理指南: `units.md` with its pictures, as it is in docs/zh, and as a page."""
