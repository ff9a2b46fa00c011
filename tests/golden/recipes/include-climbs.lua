return include "../../etc/passwd"
