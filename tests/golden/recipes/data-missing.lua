local ids = data "@fleet/idz.json"
