// SPDX-License-Identifier: Apache-2.0
// A parsed PTX module: what the text says, before anything is decided about executing it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace fitest::ptx {

// Fundamental types of PTX ISA §5.2, and the packed and alternate formats that instructions name.
enum class Type : std::uint8_t {
  None,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F64,
  E4M3,
  E5M2,
  E4M3x2,
  E5M2x2,
  Pred,
};

// "f32"; the spelling after the dot.
std::string_view name_of(Type type);
std::optional<Type> type_from_name(std::string_view name);
// 1 for Pred, 0 for None.
int bits_of(Type type);

enum class StateSpace : std::uint8_t { Generic, Reg, Const, Global, Local, Param, Shared };

// `.reg`, parameter or variable declaration.
struct Variable {
  std::string name;
  StateSpace space = StateSpace::Reg;
  Type type = Type::None;
  int vector_width = 1;                // .v2, .v4
  std::uint64_t alignment = 0;         // bytes; 0: the type's own
  std::optional<std::uint64_t> count;  // array elements (of all dimensions); 0: unsized extern
  bool is_extern = false;
  struct SymbolInitializer {
    std::uint64_t byte_offset = 0;
    std::string symbol;
    std::int64_t addend = 0;
    bool generic = false;   // generic(symbol)
    int address_byte = -1;  // 0..7: only that byte of the address is stored (0xFF00(symbol))
  };
  std::vector<std::uint8_t> initial_bytes;  // shorter than the array: the rest is zero
  std::vector<SymbolInitializer> initial_symbols;
  SourceRange range;
  std::uint64_t size_bytes() const;  // 0 for an unsized extern
  std::uint64_t alignment_bytes() const;
};

// A `call` always has its operands in this layout, whatever the text left out:
// List (results, may be empty), target (Symbol or Register), List (arguments), and, if written,
// the Symbol of the prototype or of the .calltargets.
enum class OperandKind : std::uint8_t {
  Register,  // index into Function::registers; a special register has index -1 and its name in
             // `name` ("%tid.x"); `name` of any other is its selector ("b0"), mostly empty
  Integer,   // immediate
  Float,     // immediate: bits of 0f (32) or 0d (64) literals, or a decimal literal as f64
  Symbol,    // variable, function or label: `name`, plus `offset` for sym+imm
  Address,   // [register+offset], [symbol+offset], [immediate]; `elements` = what follows the
             // base: tensor coordinates without their braces
  Vector,    // {a, b, c, d}
  Pair,      // d|p, either may be a Sink
  Sink,      // _
  List,      // (a, b) of call
};

struct Operand {
  OperandKind kind = OperandKind::Sink;
  int reg = -1;                   // Register; Address with a register base
  std::string name;               // special register, symbol, label (already resolved for scopes)
  std::int64_t integer = 0;       // Integer, and the bits of a Float
  bool is_f32 = false;            // Float: bits are of a 0f literal
  std::int64_t offset = 0;        // Address, Symbol
  bool negated = false;           // !p
  std::vector<Operand> elements;  // Vector, Pair, List, coordinates
  SourceRange range;
};

struct Guard {
  int reg = -1;
  bool negated = false;
};

// CUDA source line from .loc.
struct Location {
  int file = 0;  // key of Module::files; 0: none
  int line = 0;
  int column = 0;
  // Where the function that the code was inlined from is called, outermost call; 0: not inlined.
  int caller_file = 0;
  int caller_line = 0;
};

struct Instruction {
  std::string opcode;                  // "ld"
  std::vector<std::string> modifiers;  // {"global", "v4", "f32"}
  std::optional<Guard> guard;
  std::vector<Operand> operands;
  Location location;
  SourceRange range;  // the statement in the PTX text
  // "ld.global.v4.f32"
  std::string full_opcode() const;
};

// Only registers that the text uses exist: %r<1000> costs what is used of it.
struct Register {
  std::string name;  // as written, e.g. "%r12"; an element of a vector register is "v.x"
  Type type = Type::None;
};

struct Function {
  std::string name;
  bool is_entry = false;
  bool is_declaration = false;  // .extern, or a forward declaration: no body
  bool is_noreturn = false;
  std::vector<Variable> parameters;
  std::vector<Variable> return_parameters;
  std::vector<Register> registers;  // scopes flattened, each declaration its own index
  std::vector<Variable> locals;     // .local, .shared, .param of the body, unique names
  std::vector<Instruction> instructions;
  std::map<std::string, std::size_t> labels;  // scoped names made unique -> instruction index
  std::map<std::string, std::vector<std::string>> branch_targets;  // .branchtargets of brx.idx
  std::map<std::string, Function> call_prototypes;                 // .callprototype
  std::optional<std::uint32_t> max_threads;                        // product of .maxntid
  std::vector<std::uint32_t> required_threads;                     // .reqntid: x y z
  std::vector<std::uint32_t> required_cluster;                     // .reqnctapercluster: x y z
  SourceRange range;
};

struct Module {
  SourcePtr source;
  int version_major = 0;
  int version_minor = 0;
  std::string target;                // "sm_80"
  std::map<int, std::string> files;  // .file
  std::vector<Variable> variables;   // module scope
  std::vector<Function> functions;   // one for each name; a definition replaces its declaration
  std::map<std::string, std::string> aliases;  // .alias name, aliasee
  // Also through an alias; null if there is none.
  const Function* find_function(const std::string& name) const;
};

// Error (Input) with ptx line and column for text that is not PTX.
std::shared_ptr<const Module> parse_module(const SourcePtr& source);

}  // namespace fitest::ptx
