// SPDX-License-Identifier: Apache-2.0
#include "ptx/program.h"

#include "base/text.h"

namespace fitest::ptx {
namespace {

// Code of the toolkit's headers, which have absolute paths, belongs to the line that calls it.
CodeLine source_line(const Module& module, const Location& location) {
  const auto file = module.files.find(location.file);
  if (file == module.files.end()) return {};
  const auto caller = module.files.find(location.caller_file);
  if (file->second.starts_with('/') && caller != module.files.end()) {
    return {caller->second, static_cast<std::uint32_t>(location.caller_line), {}};
  }
  return {file->second, static_cast<std::uint32_t>(location.line), {}};
}

}  // namespace

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
  fault.source = source_line(module, instruction.location);
  return fault;
}

}  // namespace fitest::ptx
