// Writes what stands for definitions, debuggers and symbols in the demo recipe.
#include "medium/evidence.h"
#include "support/diagnostic.h"

#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App app(
      "Writes files that look like Microsoft's for an evidence kit and hold nothing of it.");
  remedia::medium::EvidenceOptions options;
  std::string folder;
  app.add_option("--arch", options.arch, "amd64 or arm64")->capture_default_str();
  app.add_option("FOLDER", folder, "where they are to lie")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    remedia::medium::write_evidence(options, folder);
  } catch (const remedia::Failure& failure) {
    for (const auto& diagnostic : failure.diagnostics()) std::cerr << remedia::render(diagnostic);
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
