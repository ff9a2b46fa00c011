return project {
  roots = { media = "media", fleet = "fleet" },
  downloads = { download { "@media/brought/win12.iso", url = "https://downloads.example/win12.iso" } },
  as_of = "2026-11-20",
}
