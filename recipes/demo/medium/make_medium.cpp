// Writes the stand-in medium that the demo recipe builds from.
#include "medium/medium.h"
#include "support/diagnostic.h"

#include <exception>
#include <iostream>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App app("Writes an ISO that looks like a Windows medium and holds nothing of Windows.");
  remedia::medium::Options options;
  std::string out;
  app.add_option("--arch", options.arch, "amd64 or arm64")->capture_default_str();
  app.add_option("--payload-mib", options.payload_mib, "incompressible MiB in each boot image")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  const std::map<std::string, remedia::medium::Install> installs = {
      {"wim", remedia::medium::Install::wim},
      {"esd", remedia::medium::Install::esd},
      {"swm", remedia::medium::Install::swm}};
  app.add_option("--install", options.install, "how the editions are kept: wim, esd or swm")
      ->transform(CLI::CheckedTransformer(installs));
  app.add_option("OUT", out, "the ISO to write")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    remedia::medium::write_iso(options, out);
  } catch (const remedia::Failure& failure) {
    for (const auto& diagnostic : failure.diagnostics()) std::cerr << remedia::render(diagnostic);
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
