// SPDX-License-Identifier: Apache-2.0
#include "ptx/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "ptx/address_space.h"
#include "ptx/chapters.h"
#include "ptx/exec_control.h"

namespace fitest::ptx {
namespace {

// The first predicate of every frame is the carry flag CC.CF.
constexpr std::uint32_t kReservedBytes = 64;
constexpr std::uint64_t kDynamicSharedAlignment = 16;
// Sizes of frames and of shared memory stop here, above every limit of a launch: no text makes them
// wrap around.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

int cell_bytes(char code) {
  return code == 'p' ? 1 : code == 'l' || code == 'd' ? 8 : 4;
}

std::uint32_t row_size(int cell) {
  return cell == 1 ? 4 : static_cast<std::uint32_t>(cell) * kLanes;
}

std::uint64_t literal_bits(const Operand& operand, char code) {
  if (operand.kind == OperandKind::Integer) {
    return static_cast<std::uint64_t>(operand.integer);
  }
  const auto bits = static_cast<std::uint64_t>(operand.integer);
  if (cell_bytes(code) == 8) {
    if (!operand.is_f32) return bits;
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    return std::bit_cast<std::uint64_t>(static_cast<double>(value));
  }
  if (operand.is_f32) return bits;
  return std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
}

}  // namespace

Decoder::Decoder(std::shared_ptr<const Module> module,
                 const std::map<std::string, std::uint64_t>& variable_addresses)
    : variable_addresses_(variable_addresses) {
  program_.module = std::move(module);
}

Program Decoder::decode(const Function& kernel) {
  FunctionCode code;
  code.function = &kernel;
  program_.functions.push_back(code);
  direct_.push_back(true);
  lay_out_kernel_parameters(kernel);
  for (std::uint32_t i = 0; i < program_.functions.size(); ++i) decode_function(i);
  const std::uint64_t dynamic = round_up(program_.static_shared_bytes, kDynamicSharedAlignment);
  for (const DynamicRow& row : dynamic_rows_)
    fill_constant(row.ref, dynamic + row.addend, row.code);
  if (!dynamic_rows_.empty()) program_.static_shared_bytes = static_cast<std::uint32_t>(dynamic);
  return std::move(program_);
}

void Decoder::lay_out_kernel_parameters(const Function& kernel) {
  std::uint64_t offset = 0;
  for (const Variable& parameter : kernel.parameters) {
    offset = round_up(offset, parameter.alignment_bytes());
    const auto at = static_cast<std::uint32_t>(offset);
    program_.parameters.push_back({at, static_cast<std::uint32_t>(parameter.size_bytes())});
    offset += parameter.size_bytes();
  }
  program_.parameter_bytes = static_cast<std::uint32_t>(offset);
}

namespace {

FormalSlot add_to_frame(FunctionCode& code, const Variable& variable) {
  const std::uint64_t offset =
      round_up(code.local_bytes, std::max<std::uint64_t>(1, variable.alignment_bytes()));
  const std::uint64_t size = std::min(variable.size_bytes(), kMostBytes);
  code.local_bytes = static_cast<std::uint32_t>(std::min(offset + size, kMostBytes));
  return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)};
}

}  // namespace

// Formal parameters and results lie at the begin of a frame, so that calls can be decoded first.
std::uint32_t Decoder::function_index(const std::string& name, bool direct) {
  const Function* function = program_.module->find_function(name);
  if (function == nullptr) throw Unsupported{"a call of " + name + ", which the module lacks"};
  for (std::uint32_t i = 0; i < program_.functions.size(); ++i) {
    if (program_.functions[i].function == function) return i;
  }
  if (function->is_declaration) {
    throw Unsupported{"a call of " + name + ", which the virtual device does not provide"};
  }
  FunctionCode code;
  code.function = function;
  for (const Variable& variable : function->parameters) {
    code.parameters.push_back(add_to_frame(code, variable));
  }
  for (const Variable& variable : function->return_parameters) {
    code.results.push_back(add_to_frame(code, variable));
  }
  const auto module_index =
      static_cast<std::uint32_t>(function - program_.module->functions.data());
  const auto index = static_cast<std::uint32_t>(program_.functions.size());
  program_.by_module_index[module_index] = index;
  program_.functions.push_back(std::move(code));
  direct_.push_back(direct && direct_[current_]);
  return index;
}

void Decoder::add_indirect_callees() {
  for (const Function& function : program_.module->functions) {
    if (!function.is_entry && !function.is_declaration) function_index(function.name, false);
  }
}

void Decoder::decode_function(std::uint32_t index) {
  current_ = index;
  const Function& function = *program_.functions[index].function;
  places_.clear();
  if (index == 0) {
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
      places_[function.parameters[i].name] = {StateSpace::Param,
                                              kParamWindow + program_.parameters[i].offset, false};
    }
  } else {
    const FunctionCode& code = program_.functions[index];
    for (std::size_t i = 0; i < code.parameters.size(); ++i) {
      places_[function.parameters[i].name] = {StateSpace::Local, code.parameters[i].offset, true};
    }
    for (std::size_t i = 0; i < code.results.size(); ++i) {
      places_[function.return_parameters[i].name] = {StateSpace::Local, code.results[i].offset,
                                                     true};
    }
  }
  for (const Variable& variable : function.locals) add_local(variable);
  lay_out_registers(function);
  decode_body(function);
  FunctionCode& code = program_.functions[index];
  code.local_bytes = static_cast<std::uint32_t>(round_up(code.local_bytes, 16));
  code.register_bytes = register_bytes_;
}

void Decoder::add_local(const Variable& variable) {
  if (variable.space == StateSpace::Shared) {
    places_[variable.name] = place_shared(variable);
    return;
  }
  if (variable.space != StateSpace::Local && variable.space != StateSpace::Param) return;
  const FormalSlot slot = add_to_frame(program_.functions[current_], variable);
  places_[variable.name] = {StateSpace::Local, slot.offset, true};
}

Place Decoder::place_shared(const Variable& variable) {
  if (variable.size_bytes() == 0) return {StateSpace::Shared, kDynamicShared, false};
  const std::uint64_t offset = round_up(program_.static_shared_bytes,
                                        std::max<std::uint64_t>(1, variable.alignment_bytes()));
  const std::uint64_t size = std::min(variable.size_bytes(), kMostBytes);
  program_.static_shared_bytes = static_cast<std::uint32_t>(std::min(offset + size, kMostBytes));
  return {StateSpace::Shared, offset, false};
}

void Decoder::lay_out_registers(const Function& function) {
  register_bytes_ = kReservedBytes;
  rows_.clear();
  scratch_rows_.clear();
  for (const Register& reg : function.registers) {
    if (reg.type == Type::Pred) rows_.push_back(new_row('p'));
  }
  register_bytes_ = static_cast<std::uint32_t>(round_up(register_bytes_, sizeof(CacheLine)));
  std::size_t predicate = 0;
  std::vector<Ref> rows;
  for (const Register& reg : function.registers) {
    if (reg.type == Type::Pred) {
      rows.push_back(rows_[predicate++]);
    } else if (reg.type == Type::B128) {
      rows.push_back(new_row('l'));
      new_row('l');
    } else {
      rows.push_back(new_row(bits_of(reg.type) == 64 ? 'l' : 'w'));
    }
  }
  rows_ = std::move(rows);
}

Ref Decoder::new_row(char code) {
  const std::uint32_t size = row_size(cell_bytes(code));
  if (size >= sizeof(CacheLine)) {
    register_bytes_ = static_cast<std::uint32_t>(round_up(register_bytes_, sizeof(CacheLine)));
  }
  const Ref ref = register_bytes_;
  register_bytes_ += size;
  return ref;
}

void Decoder::decode_body(const Function& function) {
  fixups_.clear();
  program_.functions[current_].entry = static_cast<std::uint32_t>(next_op());
  std::vector<std::uint32_t> starts;
  for (const Instruction& instruction : function.instructions) {
    starts.push_back(static_cast<std::uint32_t>(next_op()));
    if (records_opcodes_) emit_note(instruction);
    decode_instruction(instruction);
  }
  starts.push_back(static_cast<std::uint32_t>(next_op()));
  static const Instruction return_instruction = [] {
    Instruction instruction;
    instruction.opcode = "ret";
    return instruction;
  }();
  decode_instruction(return_instruction);
  program_.origins.back().instruction = nullptr;
  for (const Fixup& fixup : fixups_) {
    const auto label = function.labels.find(fixup.label);
    if (label == function.labels.end()) {
      reject(*fixup.instruction, "a branch to " + fixup.label + ", which is no label");
      continue;
    }
    const std::uint32_t target = starts[label->second];
    if (fixup.in_list) {
      program_.lists[fixup.at] = target;
    } else {
      program_.code[fixup.at].target = target;
    }
  }
  register_bytes_ = static_cast<std::uint32_t>(round_up(register_bytes_, sizeof(CacheLine)));
}

void Decoder::emit_note(const Instruction& instruction) {
  instruction_ = &instruction;
  const auto next = static_cast<std::uint32_t>(program_.opcodes.size());
  const auto [known, is_new] = opcode_indices_.try_emplace(instruction.full_opcode(), next);
  if (is_new) program_.opcodes.push_back(known->first);
  emit(&note_opcode).aux = known->second;
}

void Decoder::decode_instruction(const Instruction& instruction) {
  instruction_ = &instruction;
  scratch_used_.clear();
  widenings_.clear();
  const std::size_t begin = next_op();
  try {
    const Chapter chapter = find_chapter(instruction.opcode);
    if (chapter != nullptr) {
      chapter(*this);
    } else {
      decode_by_table(*this, instruction.full_opcode());
    }
    for (const Widening& widening : widenings_) {
      Op& op = emit(widening.is_signed ? "$wide.s32" : "$wide.u32");
      op.d = widening.to;
      op.a = widening.from;
    }
  } catch (const Unsupported& unsupported) {
    replace_from(begin, unsupported.reason);
  } catch (const std::out_of_range&) {
    replace_from(begin, "an operand with this number of elements");
  }
}

void Decoder::replace_from(std::size_t begin, const std::string& reason) {
  program_.code.resize(begin);
  program_.origins.resize(begin);
  reject(*instruction_, reason);
  emit(&unsupported_instruction);
}

void Decoder::reject(const Instruction& instruction, const std::string& reason) {
  if (program_.unsupported || !direct_[current_]) return;
  Fault fault = locate_fault(program_, instruction);
  fault.kind = FaultKind::Unsupported;
  fault.message =
      fmt::format("the virtual device does not support {} ({})", reason, instruction.full_opcode());
  program_.unsupported = std::move(fault);
}

const Operand& Decoder::operand(std::size_t index) const {
  if (index >= instruction_->operands.size()) {
    throw Unsupported{fmt::format("an instruction with {} operands where {} are expected",
                                  instruction_->operands.size(), index + 1)};
  }
  return instruction_->operands[index];
}

Type Decoder::register_type(int reg) const {
  return program_.functions[current_].function->registers.at(static_cast<std::size_t>(reg)).type;
}

int Decoder::cell_of(int reg) const {
  const Type type = register_type(reg);
  return type == Type::Pred ? 1 : bits_of(type) >= 64 ? 8 : 4;
}

Ref Decoder::scratch(char code) {
  const char kind = cell_bytes(code) == 1 ? 'p' : cell_bytes(code) == 8 ? 'l' : 'w';
  std::vector<Ref>& rows = scratch_rows_[kind];
  std::size_t& used = scratch_used_[kind];
  if (used == rows.size()) rows.push_back(new_row(kind));
  return rows[used++];
}

Ref Decoder::constant(std::uint64_t value, char code) {
  const int cell = cell_bytes(code);
  if (cell == 1) value = value != 0 ? kAllLanes : 0;
  if (cell != 8) value = static_cast<std::uint32_t>(value);
  const auto [found, added] = constants_.try_emplace({value, cell}, 0);
  if (!added) return found->second;
  const auto ref = static_cast<Ref>(program_.constants.size() * sizeof(CacheLine) + 1);
  program_.constants.resize(program_.constants.size() + (cell == 8 ? 4 : 2));
  found->second = ref;
  fill_constant(ref, value, code);
  return ref;
}

void Decoder::fill_constant(Ref ref, std::uint64_t value, char code) {
  auto* row = reinterpret_cast<std::uint8_t*>(program_.constants.data()) + (ref & ~1u);
  const std::size_t cell = cell_bytes(code) == 8 ? 8 : 4;
  for (std::size_t i = 0; i < kLanes; ++i) std::memcpy(row + i * cell, &value, cell);
}

Ref Decoder::source(const Operand& operand, char code) {
  switch (operand.kind) {
    case OperandKind::Register:
      break;
    case OperandKind::Integer:
    case OperandKind::Float:
      return constant(literal_bits(operand, code), code);
    case OperandKind::Symbol:
      return symbol_source(operand, code);
    default:
      throw Unsupported{"this kind of operand"};
  }
  if (operand.reg < 0) return special_source(*this, operand.name, code);
  if (!operand.name.empty()) throw Unsupported{"the selector ." + operand.name};
  if (operand.negated && code != 'p') throw Unsupported{"a negated register"};
  const Ref row = rows_.at(static_cast<std::size_t>(operand.reg));
  const int cell = cell_of(operand.reg);
  if (code == 'p' && cell == 1 && operand.negated) {
    const Ref inverse = scratch('p');
    Op& op = emit("not.pred");
    op.d = inverse;
    op.a = row;
    return inverse;
  }
  if (cell == cell_bytes(code)) return row;
  if (cell == 8 && cell_bytes(code) == 4) {
    const Ref low = scratch('w');
    Op& op = emit("$low.b32");
    op.d = low;
    op.a = row;
    return low;
  }
  throw Unsupported{"an operand whose register is too narrow"};
}

Ref Decoder::destination(const Operand& operand, char code, bool is_signed) {
  if (operand.kind == OperandKind::Sink) return scratch(code);
  if (operand.kind != OperandKind::Register || operand.reg < 0) {
    throw Unsupported{"a destination that is no register"};
  }
  if (!operand.name.empty()) throw Unsupported{"the selector ." + operand.name};
  const Ref row = rows_.at(static_cast<std::size_t>(operand.reg));
  const int cell = cell_of(operand.reg);
  if (cell == cell_bytes(code)) return row;
  if (cell == 8 && cell_bytes(code) == 4) {
    const Ref narrow = scratch('w');
    widenings_.push_back({row, narrow, is_signed});
    return narrow;
  }
  throw Unsupported{"a destination register of the wrong width"};
}

const Place* Decoder::find_place(const std::string& name) {
  const auto local = places_.find(name);
  if (local != places_.end()) return &local->second;
  const auto known = module_places_.find(name);
  if (known != module_places_.end()) return &known->second;
  for (const Variable& variable : program_.module->variables) {
    if (variable.name != name) continue;
    if (variable.space == StateSpace::Shared) {
      return &(module_places_[name] = place_shared(variable));
    }
    const auto address = variable_addresses_.find(name);
    if (address == variable_addresses_.end()) return nullptr;
    return &(module_places_[name] = Place{variable.space, address->second, false});
  }
  return nullptr;
}

Ref Decoder::symbol_source(const Operand& operand, char code) {
  if (operand.name == "WARP_SZ") return constant(kLanes, code);
  const auto addend = static_cast<std::uint64_t>(operand.offset);
  const Place* place = find_place(operand.name);
  if (place == nullptr) {
    const Function* function = program_.module->find_function(operand.name);
    if (function == nullptr) throw Unsupported{"the undefined name " + operand.name};
    return constant(
        kFunctionWindow + static_cast<std::uint64_t>(function - program_.module->functions.data()),
        code);
  }
  if (place->in_frame) return frame_address(*this, place->address + addend, code);
  if (place->address == kDynamicShared) {
    const auto ref = static_cast<Ref>(program_.constants.size() * sizeof(CacheLine) + 1);
    program_.constants.resize(program_.constants.size() + 4);
    dynamic_rows_.push_back({ref, addend, code});
    return ref;
  }
  return constant(place->address + addend, code);
}

// What turns an address of the space into a generic one. Those of kernel parameters are.
std::uint64_t Decoder::window_of(StateSpace space) const {
  if (space == StateSpace::Shared) return kSharedWindow;
  const bool in_frame = space == StateSpace::Param && !in_kernel();
  return in_frame || space == StateSpace::Local ? kLocalWindow : 0;
}

void Decoder::address(Op& op, const Operand& operand, StateSpace space) {
  if (operand.kind != OperandKind::Address) throw Unsupported{"an operand that is no address"};
  StateSpace used = space;
  if (operand.reg >= 0) {
    op.a = rows_.at(static_cast<std::size_t>(operand.reg));
    if (cell_of(operand.reg) == 4) op.flags |= kOpAddress32;
    op.imm = operand.offset;
  } else if (!operand.name.empty()) {
    Operand symbol = operand;
    symbol.kind = OperandKind::Symbol;
    op.a = symbol_source(symbol, 'l');
    const Place* place = find_place(operand.name);
    const bool typed = place != nullptr && space != StateSpace::Generic;
    if (typed) used = place->in_frame ? StateSpace::Local : place->space;
  } else {
    op.a = constant(static_cast<std::uint64_t>(operand.offset), 'l');
  }
  op.space = static_cast<std::uint8_t>(used);
  if ((op.flags & kOpAddress32) != 0) {
    op.target = static_cast<std::uint32_t>(slot_of(window_of(used)));
  } else {
    op.imm += static_cast<std::int64_t>(window_of(used));
  }
}

Op& Decoder::emit(Handler handler) {
  Op op;
  op.handler = handler;
  if (instruction_->guard) {
    op.guard = rows_.at(static_cast<std::size_t>(instruction_->guard->reg)) +
               (instruction_->guard->negated ? 1 : 0);
  }
  program_.code.push_back(op);
  program_.origins.push_back({instruction_, current_, nullptr});
  return program_.code.back();
}

const HandlerEntry& Decoder::require(std::string_view opcode) const {
  const HandlerEntry* entry = find_handler(opcode);
  if (entry == nullptr) throw Unsupported{"this form of the instruction"};
  return *entry;
}

Op& Decoder::emit(std::string_view opcode) {
  return emit(require(opcode));
}

Op& Decoder::emit(const HandlerEntry& entry) {
  Op& op = emit(entry.handler);
  program_.origins.back().entry = &entry;
  return op;
}

std::uint32_t Decoder::add_list(const std::vector<std::uint32_t>& entries) {
  const auto first = static_cast<std::uint32_t>(program_.lists.size());
  program_.lists.insert(program_.lists.end(), entries.begin(), entries.end());
  return first;
}

void Decoder::branch_to(std::size_t op, const std::string& label) {
  fixups_.push_back({op, false, label, instruction_});
}

void Decoder::list_branch(std::size_t entry, const std::string& label) {
  fixups_.push_back({entry, true, label, instruction_});
}

}  // namespace fitest::ptx
