local ids = data "recipes/lib/broken.json"
