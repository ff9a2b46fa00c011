#include "launcher/driver_loading.h"

#include "launcher/command.h"
#include "launcher/text.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

constexpr int kMostPasses = 4;
constexpr std::uint32_t kTimeout = 1460;  // ERROR_TIMEOUT, see Machine::run()

class Loader {
 public:
  Loader(Machine& machine, const DriverIndex& index, const std::string& drvload, unsigned most_hung)
      : machine_(machine), index_(index), drvload_(drvload), most_hung_(most_hung) {}

  std::vector<FailedDriver> run() {
    for (int pass = 0; pass < kMostPasses; ++pass) {
      const std::size_t before = loaded_.size();
      for (const DriverPhase phase :
           {DriverPhase::bus, DriverPhase::storage, DriverPhase::network, DriverPhase::rest}) {
        load(phase);
      }
      if (loaded_.size() == before) break;
    }
    return failed_;
  }

 private:
  bool has_given_up() const { return hung_ >= most_hung_; }

  void load(DriverPhase phase) {
    for (const DeviceIds& device : machine_.devices()) {
      const std::vector<Candidate> found = candidates(index_, device);
      if (found.empty() || index_.packages[found[0].package].phase != phase) continue;
      serve(device, found);
    }
  }

  // One good driver is enough; it may be there already, for another device like this one.
  void serve(const DeviceIds& device, const std::vector<Candidate>& found) {
    for (const Candidate& candidate : found) {
      const std::string& inf = index_.packages[candidate.package].inf;
      if (is_loaded(inf)) return;
      if (has_failed(inf)) continue;
      if (has_given_up()) return;
      if (load(inf, candidate.rank, device)) return;
    }
  }

  bool load(const std::string& inf, std::uint32_t rank, const DeviceIds& device) {
    const RunResult result = machine_.run(drvload_ + " " + quoted_argument(inf), kDriverSeconds);
    machine_.log("drvload " + inf + ": " + code_text(result.code) +
                 (result.started ? "" : ", not started") + ", rank " + hexadecimal(rank) +
                 ", for " + std::string(device_name(device)));
    if (result.started && result.code == 0) {
      loaded_.push_back(inf);
      return true;
    }
    failed_.push_back({inf, result.code});
    if (result.started && result.code == kTimeout && ++hung_ == most_hung_) {
      machine_.log("drvload did not end in time: no more drivers are loaded");
    }
    return false;
  }

  bool is_loaded(const std::string& inf) const {
    return std::any_of(loaded_.begin(), loaded_.end(),
                       [&](const std::string& other) { return same_ascii(other, inf); });
  }

  bool has_failed(const std::string& inf) const {
    return std::any_of(failed_.begin(), failed_.end(),
                       [&](const FailedDriver& other) { return same_ascii(other.inf, inf); });
  }

  Machine& machine_;
  const DriverIndex& index_;
  const std::string& drvload_;
  unsigned most_hung_;
  unsigned hung_ = 0;
  std::vector<std::string> loaded_;
  std::vector<FailedDriver> failed_;
};

}  // namespace

std::vector<FailedDriver> load_device_drivers(Machine& machine, const DriverIndex& index,
                                              const std::string& drvload, unsigned most_hung) {
  return Loader(machine, index, drvload, most_hung).run();
}

void load_drivers_unseen(Machine& machine, const std::string& root) {
  const std::string file = root + "Remedia\\drivers.txt";
  const auto content = machine.read(file);
  if (!content) return machine.log(file + " cannot be read: no drivers were loaded");
  const DriverIndex index = read_driver_index(*content);
  for (const std::string& error : index.errors) machine.log("drivers.txt: " + error);
  const auto failed =
      load_device_drivers(machine, index, root + "Windows\\System32\\drvload.exe", kMostHungUnseen);
  for (const FailedDriver& driver : failed) {
    machine.log("not loaded: " + driver.inf + " (" + code_text(driver.code) + ")");
  }
}

}  // namespace remedia::launcher
