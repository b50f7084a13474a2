import Foundation
package import Kernels

/// A small recurrence that leads from a moving scene's code to the keys of its path: an LSTM, whose state
/// is read out linearly.
///
///     (i, f, o, u) = W hₖ + U z + b
///     sₖ₊₁ = σ(f) sₖ + σ(i) tanh u        hₖ₊₁ = σ(o) tanh sₖ₊₁        h₀ = s₀ = 0
///     keyₖ = z + R hₖ
///
/// (Hochreiter and Schmidhuber 1997; a small recurrent network whose state makes the weights of a larger
/// one: Ha et al. 2016, sec. 3.2, https://arxiv.org/abs/1609.09106.) All moving scenes share it, and each
/// has a code z, which is its path's first key.
package struct CodeRecurrence: Sendable, Hashable {
  /// d: entries of a code.
  package let codeWidth: Int
  /// H: entries of the state.
  package let stateWidth: Int
  /// W `[4H × H]`, U `[4H × d]`, b `[4H]`, R `[d × H]`, row-major, one behind the other; the gates' rows
  /// in the order i, f, o, u.
  package var parameters: [Float]

  /// Entries of the state, unless told otherwise.
  package static let defaultStateWidth = 32

  package static func parameterCount(codeWidth: Int, stateWidth: Int) -> Int {
    4 * stateWidth * (stateWidth + codeWidth + 1) + codeWidth * stateWidth
  }

  /// - Precondition: there are as many parameters as the widths make.
  package init(codeWidth: Int, stateWidth: Int = defaultStateWidth, parameters: [Float]) {
    let count = Self.parameterCount(codeWidth: codeWidth, stateWidth: stateWidth)
    precondition(
      parameters.count == count, "found \(parameters.count) parameters, expected \(count)")
    self.codeWidth = codeWidth
    self.stateWidth = stateWidth
    self.parameters = parameters
  }

  /// A recurrence at the start of a training: paths begin nearly at rest.
  ///
  /// - Parameter codeDeviation: of the codes' entries.
  package init(
    codeWidth: Int, stateWidth: Int = defaultStateWidth, codeDeviation: Float,
    generator: inout SeededGenerator
  ) {
    let (width, code) = (Float(stateWidth), Float(codeWidth))
    var parameters = generator.normals(
      count: 4 * stateWidth * stateWidth, standardDeviation: 1 / width.squareRoot())
    parameters += generator.normals(
      count: 4 * stateWidth * codeWidth,
      standardDeviation: 1 / (codeDeviation * code.squareRoot()))
    // A gate that mostly keeps its state learns over many keys (Jozefowicz et al. 2015).
    parameters += (0..<4 * stateWidth).map { $0 / stateWidth == 1 ? 1 : 0 }
    // Entries of the state are about 0.3.
    parameters += generator.normals(
      count: codeWidth * stateWidth,
      standardDeviation: 0.3 * codeDeviation / width.squareRoot())
    self.init(codeWidth: codeWidth, stateWidth: stateWidth, parameters: parameters)
  }

  private var inputOffset: Int { 4 * stateWidth * stateWidth }
  private var biasOffset: Int { inputOffset + 4 * stateWidth * codeWidth }
  private var outputOffset: Int { biasOffset + 4 * stateWidth }

  /// A path's keys, and what the way back needs of them.
  package struct Path: Sendable {
    /// `[count × d]`.
    package fileprivate(set) var keys: [Float] = []
    fileprivate var code: [Float]
    /// h before each key's step and after the last, s likewise: `[(count) × H]`.
    fileprivate var states: [[Float]] = []
    fileprivate var cells: [[Float]] = []
    /// σ(i), σ(f), σ(o), tanh u of the step behind each key but the last.
    fileprivate var gates: [[Float]] = []
  }

  /// The keys of a scene's path.
  ///
  /// - Parameter code: z.
  package func path(of code: [Float], keyCount: Int) -> Path {
    precondition(code.count == codeWidth, "found a code of \(code.count), expected \(codeWidth)")
    let (width, weights) = (stateWidth, parameters.span)
    var path = Path(code: code)
    path.keys.reserveCapacity(keyCount * codeWidth)
    // What the code adds to the gates is the same at every step.
    let input = (0..<4 * width).map { row in
      parameters[biasOffset + row]
        + weights.extracting(
          inputOffset + row * codeWidth..<inputOffset + (row + 1) * codeWidth
        ).dot(code.span)
    }
    var (state, cell) = ([Float](repeating: 0, count: width), [Float](repeating: 0, count: width))
    for key in 0..<keyCount {
      path.states.append(state)
      path.cells.append(cell)
      for entry in 0..<codeWidth {
        let start = outputOffset + entry * width
        path.keys.append(
          code[entry] + weights.extracting(start..<start + width).dot(state.span))
      }
      guard key + 1 < keyCount else { break }
      let gates = (0..<4 * width).map { row -> Float in
        let sum = input[row] + weights.extracting(row * width..<(row + 1) * width).dot(state.span)
        return row < 3 * width ? 1 / (1 + exp(-sum)) : tanh(sum)
      }
      for unit in 0..<width {
        cell[unit] = gates[width + unit] * cell[unit] + gates[unit] * gates[3 * width + unit]
        state[unit] = gates[2 * width + unit] * tanh(cell[unit])
      }
      path.gates.append(gates)
    }
    return path
  }

  /// The gradients of a path's keys, led back: those of the parameters are added.
  ///
  /// - Parameters:
  ///   - keyGradient: ∂L/∂key, `[count × d]`.
  ///   - parameterGradient: as long as `parameters`.
  /// - Returns: ∂L/∂z.
  package func backward(
    _ path: Path, keyGradient: [Float], parameterGradient: inout [Float]
  ) -> [Float] {
    precondition(
      keyGradient.count == path.keys.count && parameterGradient.count == parameters.count,
      "found \(keyGradient.count) and \(parameterGradient.count) gradients, expected "
        + "\(path.keys.count) and \(parameters.count)")
    let width = stateWidth
    var target = parameterGradient.mutableSpan
    var codeGradient = [Float](repeating: 0, count: codeWidth)
    var inputGradient = [Float](repeating: 0, count: 4 * width)
    var stateGradient = [Float](repeating: 0, count: width)
    var cellGradient = stateGradient
    for key in path.states.indices.reversed() {
      let state = path.states[key]
      // The step behind the key, which the gradients at hand have come through.
      if key < path.gates.count {
        let (gates, cell) = (path.gates[key], path.cells[key])
        var slope = [Float](repeating: 0, count: 4 * width)
        for unit in 0..<width {
          let (i, f) = (gates[unit], gates[width + unit])
          let (o, u) = (gates[2 * width + unit], gates[3 * width + unit])
          let squashed = tanh(path.cells[key + 1][unit])
          cellGradient[unit] += stateGradient[unit] * o * (1 - squashed * squashed)
          slope[unit] = cellGradient[unit] * u * i * (1 - i)
          slope[width + unit] = cellGradient[unit] * cell[unit] * f * (1 - f)
          slope[2 * width + unit] = stateGradient[unit] * squashed * o * (1 - o)
          slope[3 * width + unit] = cellGradient[unit] * i * (1 - u * u)
          cellGradient[unit] *= f
          stateGradient[unit] = 0
        }
        var before = stateGradient.mutableSpan
        for row in 0..<4 * width {
          target.add(state.span, times: slope[row], at: row * width)
          before.add(parameters.span.extracting(row * width..<(row + 1) * width), times: slope[row])
          inputGradient[row] += slope[row]
        }
      }
      var before = stateGradient.mutableSpan
      for entry in 0..<codeWidth {
        let gradient = keyGradient[key * codeWidth + entry]
        let start = outputOffset + entry * width
        codeGradient[entry] += gradient
        target.add(state.span, times: gradient, at: start)
        before.add(parameters.span.extracting(start..<start + width), times: gradient)
      }
    }
    var code = codeGradient.mutableSpan
    for row in 0..<4 * width {
      let start = inputOffset + row * codeWidth
      target.add(path.code.span, times: inputGradient[row], at: start)
      code.add(parameters.span.extracting(start..<start + codeWidth), times: inputGradient[row])
    }
    target.add(inputGradient.span, at: biasOffset)
    return codeGradient
  }
}
