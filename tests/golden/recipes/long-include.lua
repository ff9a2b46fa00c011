return include(("a"):rep(300))
