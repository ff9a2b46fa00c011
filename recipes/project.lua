-- What all recipes of this project share. On another machine: -D root.media=/srv/media
return project {
  roots = {
    media = "out/media",
    drivers = "out/.build/drivers",     -- the examples of drivers/, built
  },
}
