"""Real Chromium, real focus: what people see in their tabs."""
