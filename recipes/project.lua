-- What all recipes of this project share. On another machine: -D root.media=/srv/media
return project {
  roots = { media = "out/media" },
}
