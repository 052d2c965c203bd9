"""Rectify: findings in, tickets with deadlines, escalations, notices and rechecks out."""
