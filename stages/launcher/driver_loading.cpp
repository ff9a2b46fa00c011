#include "launcher/driver_loading.h"

#include "launcher/command.h"
#include "launcher/text.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

constexpr int kMostPasses = 4;
constexpr int kMostLooks = 10;            // for what a bus brings, one a second
constexpr std::uint32_t kTimeout = 1460;  // ERROR_TIMEOUT, see Machine::run()

class Loader {
 public:
  Loader(Machine& machine, const DriverIndex& index, const std::string& drvload, unsigned most_hung)
      : machine_(machine), index_(index), drvload_(drvload), most_hung_(most_hung) {}

  std::vector<FailedDriver> run() {
    for (int pass = 0; pass < kMostPasses; ++pass) {
      const std::size_t before = loaded_.size();
      bool bus = false;
      for (const DriverPhase phase :
           {DriverPhase::bus, DriverPhase::storage, DriverPhase::network, DriverPhase::rest}) {
        const std::size_t loaded = loaded_.size();
        load(phase);
        bus = bus || (phase == DriverPhase::bus && loaded_.size() != loaded);
        if (phase == DriverPhase::bus && bus) wait_for_devices();
      }
      if (loaded_.size() == before) break;
    }
    return failed_;
  }

 private:
  // Behind a bus devices appear one after the other: until two looks show as many.
  void wait_for_devices() {
    std::size_t known = machine_.devices().size();
    for (int look = 0; look < kMostLooks; ++look) {
      machine_.wait(1000);
      const std::size_t now = machine_.devices().size();
      if (now == known) return;
      known = now;
    }
  }

  bool has_given_up() const { return hung_ >= most_hung_; }

  void load(DriverPhase phase) {
    for (const DeviceIds& device : machine_.devices()) {
      std::vector<Candidate> drivers = candidates(index_, device);
      const auto first = std::stable_partition(
          drivers.begin(), drivers.end(), [&](const Candidate& c) { return !is_extension(c); });
      const std::vector<Candidate> extensions(first, drivers.end());
      drivers.erase(first, drivers.end());
      const DriverPhase turn =
          drivers.empty() ? DriverPhase::rest : index_.packages[drivers[0].package].phase;
      if (turn != phase) continue;
      // Before the driver, which then finds them at once. Windows itself may have the driver.
      for (const Candidate& extension : extensions) add(device, extension);
      serve(device, drivers);
    }
  }

  bool is_extension(const Candidate& candidate) const {
    return index_.packages[candidate.package].phase == DriverPhase::extension;
  }

  void add(const DeviceIds& device, const Candidate& extension) {
    const std::string& inf = index_.packages[extension.package].inf;
    if (is_loaded(inf) || has_failed(inf) || has_given_up()) return;
    load(inf, extension.rank, device);
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
