return iso {
  boot = = 5
}
