"""HTTP: the one session and how pages end. What belongs here: transport. What does not: any publisher's meaning."""
