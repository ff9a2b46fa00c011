return project { roots = { media = "media", fleet = "fleet" }, as_of = "2026-11-20" }
