"""What operators are told: status, alerts, damage and missing updates."""
