// SPDX-License-Identifier: Apache-2.0
#include "run/compile_case.h"

#include "run/devices.h"
#include "run/inputs.h"

namespace fitest {

CompileRequest compile_request(const Solution& solution, const ResolvedPlan& plan,
                               const std::string& target) {
  CompileRequest request;
  for (const SolutionSource& source : solution.sources) {
    request.sources.push_back({source.path, source.content});
  }
  request.main_path = solution.entry_file;
  request.options = solution.compile_options;
  request.defines = plan.defines;
  request.name_expressions = plan.name_expressions();
  request.target = target;
  return request;
}

CompileResult compile_case(const Case& planned, const std::filesystem::path& root,
                           const std::string& target) {
  const InputRequest request{*planned.definition, *planned.workload, root, 0, 0};
  const std::vector<NamedTensor> inputs = make_inputs(request);
  check_constraints(request, inputs);
  const DevicePtr device = open_device({"virtual", ""});
  const CaseScope scope = launch_scope(planned, inputs, device->properties());
  const ResolvedPlan plan = resolve_plan(*planned.solution, *planned.definition, scope);
  return compile(compile_request(*planned.solution, plan, target));
}

}  // namespace fitest
