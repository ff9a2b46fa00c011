#include "kinds/copy.h"

#include "graph/job.h"
#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

// No hard link: dating one output would date the other (and a clone costs as little).
void run(graph::Job& job) {
  fs::path from = job.text("from");
  Fd out = Fd::open_empty(job.part(0));
  copy_to(Slice::whole(from), out.get(), 0, job.part(0));
}

}  // namespace

void plan_copy(graph::Planner& planner, const recipe::NodeRef& origin, const std::string& from,
               const std::string& to) {
  graph::Edge edge{.kind = "copy", .origin = origin};
  edge.label = "COPY " + to;
  edge.parameters["from"] = from;
  edge.inputs = {from};
  edge.outputs = {to};
  planner.add(std::move(edge));
}

const graph::Kind copy = {"copy", nullptr, nullptr, run};

}  // namespace remedia::kinds
