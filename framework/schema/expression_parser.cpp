// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/text.h"
#include "schema/expression_node.h"

namespace fitest {
namespace {

using Kind = ExpressionKind;

// Nesting of the tree; both the parser and the evaluator recurse that deep.
constexpr std::size_t kMaxDepth = 200;
constexpr std::size_t kMaxLength = 4096;

struct BinaryOperator {
  std::string_view token;
  Operation operation;
  int precedence;
};

// Precedence as in Python's reference, section 6.17; higher binds tighter. All are left-associative
// but **, which parse_power handles.
constexpr std::array kBinaryOperators = {
    BinaryOperator{"|", Operation::BitOr, 1},       BinaryOperator{"^", Operation::BitXor, 2},
    BinaryOperator{"&", Operation::BitAnd, 3},      BinaryOperator{"<<", Operation::ShiftLeft, 4},
    BinaryOperator{">>", Operation::ShiftRight, 4}, BinaryOperator{"+", Operation::Add, 5},
    BinaryOperator{"-", Operation::Subtract, 5},    BinaryOperator{"*", Operation::Multiply, 6},
    BinaryOperator{"/", Operation::Divide, 6},      BinaryOperator{"//", Operation::FloorDivide, 6},
    BinaryOperator{"%", Operation::Modulo, 6},
};
constexpr int kLowestPrecedence = 1;

struct NamedOperation {
  std::string_view name;
  Operation operation;
};

constexpr std::array kComparisons = {
    NamedOperation{"==", Operation::Equal},  NamedOperation{"!=", Operation::NotEqual},
    NamedOperation{"<", Operation::Less},    NamedOperation{"<=", Operation::LessEqual},
    NamedOperation{">", Operation::Greater}, NamedOperation{">=", Operation::GreaterEqual},
};
constexpr std::array kPrefixes = {
    NamedOperation{"-", Operation::Negate},
    NamedOperation{"+", Operation::Plus},
    NamedOperation{"~", Operation::Invert},
};

struct Function {
  std::string_view name;
  Operation operation;
  std::size_t least;
  std::size_t most;
};
constexpr std::array kFunctions = {
    Function{"min", Operation::Min, 2, 64},
    Function{"max", Operation::Max, 2, 64},
    Function{"ceil_div", Operation::CeilDiv, 2, 2},
    Function{"round_up", Operation::RoundUp, 2, 2},
    Function{"next_pow2", Operation::NextPow2, 1, 1},
    Function{"abs", Operation::Abs, 1, 1},
};

constexpr std::array<std::string_view, 15> kSymbols = {
    "**", "//", "<<", ">>", "==", "!=", "<=", ">=", "&&", "||", "->", ":=", "=>", "<>", "++"};

struct Token {
  enum class Kind { End, Number, Name, Symbol } kind = Kind::End;
  std::string_view text;
  std::size_t begin = 0;
};

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {
    if (text.size() > kMaxLength) {
      fail_here({0, 1}, fmt::format("the expression is longer than {} characters", kMaxLength));
    }
    advance();
  }

  ExpressionNodePtr parse() {
    if (token_.kind == Token::Kind::End) fail_here({0, 1}, "the expression is empty");
    ExpressionNodePtr root = parse_choice();
    if (token_.kind != Token::Kind::End) fail_unexpected("an operator or the end");
    return root;
  }

 private:
  using Node = Expression::Node;

  // Tokens
  void advance() {
    previous_end_ = token_.begin + token_.text.size();
    std::size_t at = previous_end_;
    while (at < text_.size() && trim(text_.substr(at, 1)).empty()) ++at;
    token_ = {Token::Kind::End, text_.substr(at, 0), at};
    if (at >= text_.size()) return;
    const char c = text_[at];
    if (is_name_start(c)) {
      token_ = {Token::Kind::Name, text_.substr(at, name_length(at)), at};
    } else if (is_digit(c) || (c == '.' && at + 1 < text_.size() && is_digit(text_[at + 1]))) {
      token_ = {Token::Kind::Number, text_.substr(at, number_length(at)), at};
    } else {
      token_ = {Token::Kind::Symbol, text_.substr(at, symbol_length(at)), at};
    }
  }
  std::size_t name_length(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size() && (is_name_start(text_[end]) || is_digit(text_[end]))) ++end;
    return end - at;
  }
  std::size_t number_length(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size()) {
      const char c = text_[end];
      const bool exponent_sign =
          (c == '+' || c == '-') && (text_[end - 1] == 'e' || text_[end - 1] == 'E');
      if (!is_digit(c) && !is_name_start(c) && c != '.' && !exponent_sign) break;
      ++end;
    }
    return end - at;
  }
  std::size_t symbol_length(std::size_t at) const {
    for (std::string_view symbol : kSymbols) {
      if (text_.substr(at, symbol.size()) == symbol) return symbol.size();
    }
    return 1;
  }
  bool is(std::string_view text) const {
    return token_.kind != Token::Kind::End && token_.kind != Token::Kind::Number &&
           token_.text == text;
  }
  bool accept(std::string_view text) {
    if (!is(text)) return false;
    advance();
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text)) fail_unexpected(fmt::format("\"{}\"", text));
  }

  // Errors
  [[noreturn]] void fail_here(SourceRange range, const std::string& message) const {
    throw ExpressionProblem{message, {offset_ + range.begin, offset_ + range.end}};
  }
  [[noreturn]] void fail_unexpected(const std::string& expected) const {
    const SourceRange range{token_.begin,
                            token_.begin + std::max<std::size_t>(1, token_.text.size())};
    if (token_.kind == Token::Kind::End) {
      fail_here(range, fmt::format("the expression ends where {} is expected", expected));
    }
    fail_here(range, fmt::format("unexpected \"{}\" in the expression; expected {}{}", token_.text,
                                 expected, advice_for(token_.text)));
  }
  static std::string_view advice_for(std::string_view token) {
    if (token == "&&") return " (write \"and\")";
    if (token == "||") return " (write \"or\")";
    if (token == "!") return " (write \"not\")";
    if (token == "=") return " (write \"==\")";
    return "";
  }

  // Nodes
  ExpressionNodePtr finish(Node node, std::size_t begin) const {
    node.range = {offset_ + begin, offset_ + previous_end_};
    for (const ExpressionNodePtr& operand : node.operands) {
      node.depth = std::max(node.depth, operand->depth + 1);
    }
    if (node.depth > kMaxDepth) fail_too_deep(begin);
    return std::make_shared<const Node>(std::move(node));
  }
  ExpressionNodePtr make(Kind kind, std::vector<ExpressionNodePtr> operands,
                         std::vector<Operation> operations) const {
    const std::size_t begin = operands.front()->range.begin - offset_;
    return finish({kind, {}, {}, std::move(operations), std::move(operands), {}, 1}, begin);
  }
  [[noreturn]] void fail_too_deep(std::size_t begin) const {
    fail_here({begin, begin + 1},
              fmt::format("the expression nests deeper than {} levels", kMaxDepth));
  }

  // Counts the recursion of the parser itself.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.level_ > kMaxDepth) parser_.fail_too_deep(parser_.token_.begin);
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --parser_.level_; }

   private:
    Parser& parser_;
  };

  ExpressionNodePtr parse_choice() {
    const Level level(*this);
    ExpressionNodePtr value = parse_or();
    if (!accept("if")) return value;
    ExpressionNodePtr condition = parse_or();
    expect("else");
    ExpressionNodePtr other = parse_choice();
    return make(Kind::Choice, {std::move(value), std::move(condition), std::move(other)}, {});
  }
  ExpressionNodePtr parse_or() {
    std::vector<ExpressionNodePtr> operands{parse_and()};
    while (accept("or")) operands.push_back(parse_and());
    return operands.size() == 1 ? operands[0] : make(Kind::Or, std::move(operands), {});
  }
  ExpressionNodePtr parse_and() {
    std::vector<ExpressionNodePtr> operands{parse_not()};
    while (accept("and")) operands.push_back(parse_not());
    return operands.size() == 1 ? operands[0] : make(Kind::And, std::move(operands), {});
  }
  ExpressionNodePtr parse_not() {
    const Level level(*this);
    const std::size_t begin = token_.begin;
    if (!accept("not")) return parse_comparison();
    ExpressionNodePtr operand = parse_not();
    return finish({Kind::Unary, {}, {}, {Operation::Not}, {std::move(operand)}, {}, 1}, begin);
  }
  ExpressionNodePtr parse_comparison() {
    std::vector<ExpressionNodePtr> operands{parse_binary(kLowestPrecedence)};
    std::vector<Operation> operations;
    while (const auto operation = find(kComparisons)) {
      advance();
      operations.push_back(*operation);
      operands.push_back(parse_binary(kLowestPrecedence));
    }
    if (operations.empty()) return operands[0];
    return make(Kind::Compare, std::move(operands), std::move(operations));
  }
  ExpressionNodePtr parse_binary(int precedence) {
    ExpressionNodePtr left = parse_prefix();
    for (;;) {
      const BinaryOperator* found = nullptr;
      for (const BinaryOperator& candidate : kBinaryOperators) {
        if (is(candidate.token) && candidate.precedence >= precedence) found = &candidate;
      }
      if (found == nullptr) return left;
      advance();
      ExpressionNodePtr right = parse_binary(found->precedence + 1);
      left = make(Kind::Binary, {std::move(left), std::move(right)}, {found->operation});
    }
  }
  ExpressionNodePtr parse_prefix() {
    const Level level(*this);
    const std::size_t begin = token_.begin;
    const auto operation = find(kPrefixes);
    if (!operation) return parse_power();
    advance();
    ExpressionNodePtr operand = parse_prefix();
    return finish({Kind::Unary, {}, {}, {*operation}, {std::move(operand)}, {}, 1}, begin);
  }
  // ** binds tighter than a sign on its left and looser than one on its right.
  ExpressionNodePtr parse_power() {
    ExpressionNodePtr base = parse_operand();
    if (!accept("**")) return base;
    ExpressionNodePtr exponent = parse_prefix();
    return make(Kind::Binary, {std::move(base), std::move(exponent)}, {Operation::Power});
  }
  template <std::size_t n>
  std::optional<Operation> find(const std::array<NamedOperation, n>& table) const {
    for (const NamedOperation& row : table) {
      if (is(row.name)) return row.operation;
    }
    return std::nullopt;
  }

  ExpressionNodePtr parse_operand() {
    if (token_.kind == Token::Kind::Number) return parse_number();
    if (token_.kind == Token::Kind::Name) return parse_name();
    if (!accept("(")) fail_unexpected("a value");
    ExpressionNodePtr inner = parse_choice();
    expect(")");
    return inner;
  }
  ExpressionNodePtr parse_number() {
    const Token number = token_;
    advance();
    Node node;
    std::string digits;
    for (char c : number.text) {
      if (c != '_') digits += c;
    }
    const bool is_integer = digits.find_first_not_of("0123456789") == std::string::npos;
    if (const auto integer = parse_integer(digits)) {
      node.literal = *integer;
    } else if (const auto value = parse_double(digits); value && !is_integer) {
      node.literal = *value;
    } else {
      fail_here({number.begin, previous_end_},
                is_integer ? fmt::format("the integer {} does not fit into 64 bits", number.text)
                           : fmt::format("\"{}\" is not a number", number.text));
    }
    return finish(std::move(node), number.begin);
  }
  ExpressionNodePtr parse_name() {
    const Token first = token_;
    advance();
    if (first.text == "True" || first.text == "False") {
      Node node;
      node.literal = first.text == "True";
      return finish(std::move(node), first.begin);
    }
    for (std::string_view keyword : {"and", "or", "not", "if", "else", "in", "is", "lambda"}) {
      if (first.text != keyword) continue;
      token_ = first;
      fail_unexpected("a value");
    }
    if (is("(")) return parse_call(first);
    return parse_reference(first);
  }

  // name, name.member, name.shape, name.shape[i], name[i], name[i].item()
  ExpressionNodePtr parse_reference(const Token& first) {
    Node node;
    node.kind = Kind::Name;
    node.name = std::string(first.text);
    if (accept(".")) {
      if (token_.kind != Token::Kind::Name) fail_unexpected("a member name");
      const std::string member(token_.text);
      advance();
      if (member == "shape") {
        node.kind = Kind::Shape;
      } else if (member == "item") {
        expect("(");
        expect(")");
      } else {
        node.name += "." + member;
      }
    }
    if (accept("[")) {
      node.kind = node.kind == Kind::Shape ? Kind::Extent : Kind::Element;
      node.operands.push_back(parse_choice());
      expect("]");
      if (node.kind == Kind::Element && accept(".")) parse_item();
    }
    if (node.kind == Kind::Shape && !shape_allowed_) {
      fail_here({first.begin, previous_end_},
                fmt::format("\"{0}.shape\" needs an index, as in {0}.shape[0]", node.name));
    }
    return finish(std::move(node), first.begin);
  }
  void parse_item() {
    if (!is("item")) fail_unexpected("\"item()\"");
    advance();
    expect("(");
    expect(")");
  }

  ExpressionNodePtr parse_call(const Token& name) {
    if (name.text == "len") return parse_length(name);
    const Function* function = nullptr;
    std::vector<std::string> known{"len"};
    for (const Function& candidate : kFunctions) {
      if (candidate.name == name.text) function = &candidate;
      known.emplace_back(candidate.name);
    }
    const SourceRange range{name.begin, name.begin + name.text.size()};
    if (function == nullptr) {
      fail_here(range,
                fmt::format("unknown function \"{}\"; there are {}", name.text, join(known, ", ")));
    }
    expect("(");
    Node node;
    node.kind = Kind::Call;
    node.operations = {function->operation};
    node.name = std::string(name.text);
    while (!is(")")) {
      node.operands.push_back(parse_choice());
      if (!accept(",")) break;
    }
    expect(")");
    const std::size_t count = node.operands.size();
    if (count < function->least || count > function->most) {
      fail_here(range, fmt::format("{} takes {}{} argument{}, found {}", name.text,
                                   function->least == function->most ? "" : "at least ",
                                   function->least, function->least == 1 ? "" : "s", count));
    }
    return finish(std::move(node), name.begin);
  }
  // len(x) or len(x.shape)
  ExpressionNodePtr parse_length(const Token& name) {
    expect("(");
    if (token_.kind != Token::Kind::Name) fail_unexpected("the name of an input or output");
    const Token tensor = token_;
    advance();
    shape_allowed_ = true;
    ExpressionNodePtr operand = parse_reference(tensor);
    shape_allowed_ = false;
    if (operand->kind != Kind::Name && operand->kind != Kind::Shape) {
      fail_here({tensor.begin, previous_end_}, "len takes the name of an input or its shape");
    }
    expect(")");
    Node node;
    node.kind = Kind::Length;
    node.name = operand->name;
    node.operands.push_back(std::move(operand));
    return finish(std::move(node), name.begin);
  }

  std::string_view text_;
  std::size_t offset_;
  Token token_;
  std::size_t previous_end_ = 0;
  std::size_t level_ = 0;
  bool shape_allowed_ = false;
};

}  // namespace

ExpressionNodePtr parse_expression(std::string_view text, std::size_t offset) {
  return Parser(text, offset).parse();
}

}  // namespace fitest
