return project { roots = { media = "/srv/media" } }
