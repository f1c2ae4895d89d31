// SPDX-License-Identifier: Apache-2.0
#include "ptx/program.h"

#include "base/text.h"

namespace fitest::ptx {

Fault locate_fault(const Program& program, std::uint32_t op) {
  Fault fault;
  fault.kernel = program.functions.front().function->name;
  if (op >= program.origins.size()) return fault;
  const Instruction* instruction = program.origins[op].instruction;
  if (instruction == nullptr) return fault;
  return locate_fault(program, *instruction);
}

Fault locate_fault(const Program& program, const Instruction& instruction) {
  Fault fault;
  fault.kernel = program.functions.front().function->name;
  const Module& module = *program.module;
  if (module.source) {
    fault.ptx.file = module.source->name();
    const auto position = module.source->position(instruction.range.begin);
    fault.ptx.line = static_cast<std::uint32_t>(position.line);
    fault.ptx.text = std::string(trim(module.source->line_at(instruction.range.begin)));
  }
  const auto file = module.files.find(instruction.location.file);
  if (file != module.files.end()) {
    fault.source.file = file->second;
    fault.source.line = static_cast<std::uint32_t>(instruction.location.line);
  }
  return fault;
}

}  // namespace fitest::ptx
