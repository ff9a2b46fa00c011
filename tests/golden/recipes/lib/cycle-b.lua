return include "./cycle-a"
