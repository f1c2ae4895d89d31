// SPDX-License-Identifier: Apache-2.0
// Turns the instructions of a kernel and its functions into ops: what the chapters share.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptx/handlers.h"
#include "ptx/module.h"
#include "ptx/program.h"

namespace fitest::ptx {

// Thrown inside the decoder only: why an instruction cannot be executed.
struct Unsupported {
  std::string reason;
};

// Where a variable lies. The address is one of its state space; for kernel parameters and global
// memory it is generic as well.
struct Place {
  StateSpace space = StateSpace::Generic;
  std::uint64_t address = 0;
  bool in_frame = false;  // relative to the frame's local memory
};

class Decoder {
 public:
  Decoder(std::shared_ptr<const Module> module,
          const std::map<std::string, std::uint64_t>& variable_addresses);

  // Every instruction that executes is to note its opcode: Program::opcodes.
  void record_opcodes() { records_opcodes_ = true; }

  // The kernel and what it calls.
  Program decode(const Function& kernel);

  // For the chapters. Operand codes are those of HandlerEntry. All throw Unsupported.

  const Instruction& instruction() const { return *instruction_; }
  const Operand& operand(std::size_t index) const;
  bool in_kernel() const { return current_ == 0; }
  Program& program() { return program_; }
  Type register_type(int reg) const;
  int cell_of(int reg) const;  // bytes of a lane: 4, 8; 1 for predicates

  Ref source(const Operand& operand, char code);
  // A result narrower than its register is widened after the instruction.
  Ref destination(const Operand& operand, char code, bool is_signed = false);
  // A row that lives until the end of the instruction.
  Ref scratch(char code);
  Ref constant(std::uint64_t value, char code);
  // Sets a, imm, flags and space of a memory access.
  void address(Op& op, const Operand& operand, StateSpace space);
  const Place* find_place(const std::string& name);

  // Appends an op with the instruction's guard, by handler or by name in the tables. The reference
  // ends with the next op: ask for sources first.
  Op& emit(Handler handler);
  Op& emit(std::string_view opcode);
  Op& emit(const HandlerEntry& entry);
  const HandlerEntry& require(std::string_view opcode) const;
  std::uint32_t add_list(const std::vector<std::uint32_t>& entries);

  // Queues the function for decoding.
  std::uint32_t function_index(const std::string& name, bool direct);
  // Every function of the module may be what an indirect call calls.
  void add_indirect_callees();
  std::uint32_t current() const { return current_; }
  const FunctionCode& function_code(std::uint32_t index) const { return program_.functions[index]; }
  std::size_t next_op() const { return program_.code.size(); }
  // Sets the target of an op, or an entry of the lists, once the label's place is known.
  void branch_to(std::size_t op, const std::string& label);
  void list_branch(std::size_t entry, const std::string& label);

 private:
  static constexpr std::uint64_t kDynamicShared = ~std::uint64_t{0};
  struct Fixup {
    std::size_t at;
    bool in_list;
    std::string label;
    const Instruction* instruction;
  };
  struct Widening {
    Ref to;
    Ref from;
    bool is_signed;
  };
  struct DynamicRow {
    Ref ref;
    std::uint64_t addend;
    char code;
  };

  void lay_out_kernel_parameters(const Function& kernel);
  void lay_out_registers(const Function& function);
  void add_local(const Variable& variable);
  Place place_shared(const Variable& variable);
  void decode_function(std::uint32_t index);
  void decode_body(const Function& function);
  void decode_instruction(const Instruction& instruction);
  void emit_note(const Instruction& instruction);
  // What was emitted from there on, by an op that faults.
  void replace_from(std::size_t begin, const std::string& reason);
  void reject(const Instruction& instruction, const std::string& reason);
  Ref symbol_source(const Operand& operand, char code);
  std::uint64_t window_of(StateSpace space) const;
  Ref new_row(char code);
  void fill_constant(Ref ref, std::uint64_t value, char code);

  Program program_;
  const std::map<std::string, std::uint64_t>& variable_addresses_;
  std::map<std::string, Place> module_places_;
  bool records_opcodes_ = false;
  std::map<std::string, std::uint32_t> opcode_indices_;  // into Program::opcodes
  std::vector<bool> direct_;                             // functions that are sure to be called
  std::map<std::pair<std::uint64_t, int>, Ref> constants_;
  std::vector<DynamicRow> dynamic_rows_;

  // Of the current function.
  std::uint32_t current_ = 0;
  std::map<std::string, Place> places_;
  std::vector<Ref> rows_;  // of its registers
  std::uint32_t register_bytes_ = 0;
  std::map<char, std::vector<Ref>> scratch_rows_;
  std::vector<Fixup> fixups_;

  // Of the current instruction.
  const Instruction* instruction_ = nullptr;
  std::map<char, std::size_t> scratch_used_;
  std::vector<Widening> widenings_;
};

}  // namespace fitest::ptx
