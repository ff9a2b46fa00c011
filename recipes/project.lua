-- What all recipes of this project share. On another machine: -D root.media=/srv/media
return project {
  roots = {
    media = "out/media",
    drivers = "out/.build/drivers",     -- the examples of drivers/, built
  },
  -- The day against which ages and last days are judged. A fleet gives the day of its build:
  -- -D as_of=$(date +%F). This one stays, so that the demo is the same bytes on every day.
  as_of = "2026-11-20",
}
