return include "remedia/tierz"
