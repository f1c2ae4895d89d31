// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ptx/constant.h"
#include "ptx/declaration.h"

namespace fitest::ptx {
namespace {

constexpr std::uint64_t kMaxInitialBytes = std::uint64_t{1} << 28;

// Fills a Variable from "{1, {2, 3}, generic(f)+4}".
class Initializer {
 public:
  Initializer(Lexer& lexer, Declarator& declarator);
  void parse();

 private:
  void parse_group(std::size_t level, std::uint64_t begin, std::uint64_t end);
  void parse_elements(std::uint64_t& at, std::uint64_t end);
  void parse_element(std::uint64_t at);
  void parse_symbol(std::uint64_t at, std::uint64_t mask, SourceRange mask_range);
  void store_constant(std::uint64_t at, const Constant& constant);
  std::uint64_t converted(const Constant& constant) const;
  void require_fit(const Constant& constant) const;
  void store(std::uint64_t at, std::uint64_t bits);
  std::uint64_t group_elements(std::size_t level) const;

  Lexer& lexer_;
  Variable& variable_;
  std::vector<std::uint64_t> dimensions_;  // with the vector's as the last one
  std::uint64_t element_bytes_;
  bool is_float_;
};

Initializer::Initializer(Lexer& lexer, Declarator& declarator)
    : lexer_(lexer),
      variable_(declarator.variable),
      dimensions_(declarator.dimensions),
      element_bytes_(static_cast<std::uint64_t>(bits_of(variable_.type)) / 8),
      is_float_(variable_.type == Type::F32 || variable_.type == Type::F64) {
  if (variable_.vector_width > 1) {
    dimensions_.push_back(static_cast<std::uint64_t>(variable_.vector_width));
  }
  const bool can = element_bytes_ != 0 && element_bytes_ <= 8 &&
                   (variable_.space == StateSpace::Global || variable_.space == StateSpace::Const);
  if (!can) {
    lexer_.fail(declarator.name.range,
                fmt::format("'{}' cannot have an initialiser: only .global and .const variables of "
                            "8 to 64 bits can",
                            variable_.name));
  }
}

// Elements of one '{ }' group at this level; 0 if the text leaves it open ("x[]").
std::uint64_t Initializer::group_elements(std::size_t level) const {
  std::uint64_t product = 1;
  for (std::size_t i = level; i < dimensions_.size(); ++i) product *= dimensions_[i];
  return product;
}

void Initializer::parse() {
  if (dimensions_.empty()) return parse_element(0);
  const bool open = dimensions_[0] == 0;
  const std::uint64_t end = open ? kMaxInitialBytes / element_bytes_ : group_elements(0);
  parse_group(0, 0, end);
  if (open) {
    const std::uint64_t row = group_elements(1);
    const std::uint64_t elements = variable_.initial_bytes.size() / element_bytes_;
    const std::uint64_t vector = static_cast<std::uint64_t>(variable_.vector_width);
    variable_.count = (elements + row - 1) / row * row / vector;
  }
}

void Initializer::parse_group(std::size_t level, std::uint64_t begin, std::uint64_t end) {
  lexer_.expect('{', "before the values");
  std::uint64_t at = begin;
  if (lexer_.accept('}')) return;
  do {
    if (lexer_.peek().is('{')) {
      if (level + 1 >= dimensions_.size()) {
        lexer_.fail(lexer_.peek().range, "more nested braces than the array has dimensions");
      }
      const std::uint64_t stride = group_elements(level + 1);
      at = stride == 0 ? end : begin + (at - begin + stride - 1) / stride * stride;
      if (at + stride > end) lexer_.fail(lexer_.peek().range, "more values than elements");
      parse_group(level + 1, at, at + stride);
      at += stride;
    } else {
      parse_elements(at, end);
    }
  } while (lexer_.accept(','));
  lexer_.expect('}', "or ',' after the value");
}

// One value, preceded by as many plain numbers as there are.
void Initializer::parse_elements(std::uint64_t& at, std::uint64_t end) {
  if (!is_float_ && end > at) {
    const std::uint64_t maximum =
        element_bytes_ == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * element_bytes_)) - 1;
    std::vector<std::uint64_t> table;
    lexer_.accept_table(maximum, end - at, table);
    for (const std::uint64_t value : table) store(at++, value);
  }
  if (at >= end) lexer_.fail(lexer_.peek().range, "more values than elements");
  parse_element(at++);
}

void Initializer::parse_element(std::uint64_t at) {
  if (lexer_.peek().kind == TokenKind::Word && !lexer_.peek().is_word("WARP_SZ")) {
    return parse_symbol(at, 0, {});
  }
  const Token first = lexer_.peek();
  if (!begins_constant(first)) lexer_.fail_expected("a value: a constant or a symbol");
  const Constant constant = parse_constant(lexer_);
  if (lexer_.peek().is('(') && !constant.is_float()) {
    lexer_.next();
    parse_symbol(at, constant.bits, constant.range);
    lexer_.expect(')', "after the symbol");
    return;
  }
  store_constant(at, constant);
}

void Initializer::parse_symbol(std::uint64_t at, std::uint64_t mask, SourceRange mask_range) {
  Variable::SymbolInitializer symbol;
  symbol.byte_offset = at * element_bytes_;
  Token name = lexer_.expect_word("a symbol");
  if (name.text == "generic" && lexer_.accept('(')) {
    symbol.generic = true;
    name = lexer_.expect_word("a symbol");
    lexer_.expect(')', "after generic(symbol");
  }
  symbol.symbol = std::string(name.text);
  if (lexer_.peek().is('+') || lexer_.peek().is('-')) {
    symbol.addend = static_cast<std::int64_t>(parse_constant(lexer_).bits);
  }
  if (mask_range.end != 0) {
    const int shift = std::countr_zero(mask);
    if (mask == 0 || shift % 8 != 0 || mask >> shift != 0xFF) {
      lexer_.fail(mask_range, "expected a mask that selects one byte: 0xFF, 0xFF00, ...");
    }
    symbol.address_byte = shift / 8;
  } else if (element_bytes_ < 4) {
    lexer_.fail(name.range, fmt::format("the address of '{}' does not fit {} bytes", name.text,
                                        element_bytes_));
  }
  store(at, 0);
  variable_.initial_symbols.push_back(std::move(symbol));
}

void Initializer::store_constant(std::uint64_t at, const Constant& constant) {
  if (is_float_) return store(at, converted(constant));
  if (constant.is_float()) {
    lexer_.fail(constant.range,
                fmt::format("a floating-point value for .{}", name_of(variable_.type)));
  }
  require_fit(constant);
  store(at, constant.bits);
}

std::uint64_t Initializer::converted(const Constant& constant) const {
  double value = 0;
  switch (constant.kind) {
    case Constant::Kind::Float32:
      if (variable_.type == Type::F32) return constant.bits;
      value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(constant.bits)));
      break;
    case Constant::Kind::Float64:
      value = std::bit_cast<double>(constant.bits);
      break;
    case Constant::Kind::Signed:
      value = static_cast<double>(static_cast<std::int64_t>(constant.bits));
      break;
    case Constant::Kind::Unsigned:
      value = static_cast<double>(constant.bits);
      break;
  }
  if (variable_.type == Type::F64) return std::bit_cast<std::uint64_t>(value);
  return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

void Initializer::require_fit(const Constant& constant) const {
  const int bits = static_cast<int>(8 * element_bytes_);
  if (bits == 64) return;
  const auto value = static_cast<std::int64_t>(constant.bits);
  const bool fits_unsigned = constant.bits >> bits == 0;
  const bool fits_signed = constant.kind == Constant::Kind::Signed &&
                           value >= -(std::int64_t{1} << (bits - 1)) && value < 0;
  if (fits_unsigned || fits_signed) return;
  lexer_.fail(constant.range, fmt::format("this value does not fit .{}", name_of(variable_.type)));
}

void Initializer::store(std::uint64_t at, std::uint64_t bits) {
  const std::uint64_t begin = at * element_bytes_;
  const std::uint64_t end = begin + element_bytes_;
  std::vector<std::uint8_t>& bytes = variable_.initial_bytes;
  if (end > kMaxInitialBytes) {
    lexer_.fail(variable_.range, fmt::format("the initialiser of '{}' is larger than {} bytes",
                                             variable_.name, kMaxInitialBytes));
  }
  if (bytes.size() < end) bytes.resize(end);
  for (std::uint64_t i = 0; i < element_bytes_; ++i) {
    bytes[begin + i] = static_cast<std::uint8_t>(bits >> (8 * i));
  }
}

}  // namespace

void parse_initializer(Lexer& lexer, Declarator& declarator) {
  if (!lexer.accept('=')) return;
  Initializer(lexer, declarator).parse();
}

}  // namespace fitest::ptx
