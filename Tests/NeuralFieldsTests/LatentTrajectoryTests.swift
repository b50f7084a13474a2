import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Latent trajectory")
struct LatentTrajectoryTests {
  static let width = 3

  struct Form: Sendable, CustomTestStringConvertible {
    let curve: LatentTrajectory.Curve
    let loops: Bool
    var testDescription: String { "\(curve.rawValue)\(loops ? ", loop" : "")" }

    var trajectory: LatentTrajectory {
      LatentTrajectory(scene: "mill", curve: curve, firstRow: 2, rowCount: 7, loops: loops)
    }
  }

  static let forms = LatentTrajectory.Curve.allCases.flatMap { curve in
    [true, false].map { Form(curve: curve, loops: $0) }
  }

  static func table(seed: UInt64 = 5) -> LatentTable {
    var random = SeededGenerator(seed: seed)
    return LatentTable(
      names: (0..<10).map(String.init), width: width, standardDeviation: 1, generator: &random)
  }

  @Test(
    "at a key the code is the key's to the last bit", arguments: [true, false],
    LatentTrajectory.Curve.allCases.filter(\.hasKeys))
  func keys(loops: Bool, curve: LatentTrajectory.Curve) {
    let trajectory = Form(curve: curve, loops: loops).trajectory
    let table = Self.table()
    let times = trajectory.keyTimes
    #expect(times[0] == 0 && (loops ? times[6] < 1 : times[6] == 1))
    for (row, time) in zip(trajectory.rows, times) {
      #expect(table.code(of: trajectory, at: time) == table[row])
    }
  }

  @Test("the spread of times is all of the path's keys, and the middles between", arguments: forms)
  func spreadTimes(form: Form) {
    let path = form.trajectory
    let times = path.spreadTimes
    #expect(times.count == (form.loops ? 14 : 13) && times[0] == 0)
    #expect(form.loops ? times[13] < 1 : times[12] == 1)
    for (row, key) in path.keyTimes.enumerated() { #expect(abs(times[2 * row] - key) < 1e-12) }
  }

  @Test("a loop is at 1 where it is at 0, and comes there smoothly", arguments: forms)
  func loop(form: Form) {
    guard form.loops else { return }
    let trajectory = form.trajectory
    for (a, b) in zip(trajectory.weights(at: 0), trajectory.weights(at: 1)) {
      #expect(abs(a - b) < 1e-12)
    }
    let step = 1e-4
    let start = zip(trajectory.weights(at: step), trajectory.weights(at: 0)).map { $0 - $1 }
    let end = zip(trajectory.weights(at: 1), trajectory.weights(at: 1 - step)).map { $0 - $1 }
    for (a, b) in zip(start, end) { #expect(abs(a - b) < 1e-5) }
  }

  @Test("the trajectory of a still scene is constant, and not rough", arguments: forms)
  func still(form: Form) {
    let trajectory = form.trajectory
    var table = Self.table()
    trajectory.gather(&table, keeping: 0)
    for step in 0...20 {
      let code = table.code(of: trajectory, at: Double(step) / 20)
      for (a, b) in zip(code.values, table[2].values) { #expect(abs(a - b) < 1e-6) }
    }
    let values = Array(table.values[2 * Self.width..<9 * Self.width])
    var gradient = [Float](repeating: 0, count: values.count)
    let penalty = trajectory.roughness(
      of: values, width: Self.width, weight: 1, gradient: &gradient)
    #expect(penalty < 1e-12 && gradient.allSatisfy { abs($0) < 1e-6 })
  }

  @Test("the gradient of the roughness is that of finite differences", arguments: forms)
  func roughness(form: Form) {
    let trajectory = form.trajectory
    let values = Array(Self.table().values[2 * Self.width..<9 * Self.width])
    var gradient = [Float](repeating: 0, count: values.count)
    let penalty = trajectory.roughness(
      of: values, width: Self.width, weight: 0.7, gradient: &gradient)
    #expect(penalty > 0)
    func value(_ point: [Double]) -> Double {
      var ignored = [Float](repeating: 0, count: values.count)
      return trajectory.roughness(
        of: point.map { Float($0) }, width: Self.width, weight: 0.7, gradient: &ignored)
    }
    // The penalty is quadratic, so that differences are exact for any step.
    let expected = FiniteDifference.derivatives(
      of: value, at: values.inDouble, entries: Array(values.indices), step: 0.25)
    #expect(Tolerance.errorOfLargest(gradient, expected) < 1e-4)
  }

  @Test("a Fourier path's roughness is its second derivative's mean square")
  func fourierRoughness() {
    for loops in [true, false] {
      let trajectory = Form(curve: .fourier, loops: loops).trajectory
      let table = Self.table()
      let values = Array(table.values[2 * Self.width..<9 * Self.width])
      var gradient = [Float](repeating: 0, count: values.count)
      let found = trajectory.roughness(
        of: values, width: Self.width, weight: 1, gradient: &gradient)
      let (count, step) = (400, 1e-3)
      var sum = 0.0
      for sample in 0..<count {
        let time = step + (1 - 2 * step) * (Double(sample) + 0.5) / Double(count)
        let weights = [-step, 0, step].map { trajectory.weights(at: time + $0) }
        for index in 0..<Self.width {
          let points = weights.map { weights in
            weights.enumerated().reduce(0.0) {
              $0 + $1.element * Double(values[$1.offset * Self.width + index])
            }
          }
          let second = (points[0] - 2 * points[1] + points[2]) / (step * step)
          sum += second * second
        }
      }
      let rows = 7.0
      let expected = sum / Double(count * Self.width) / (rows * rows * rows * rows)
      #expect(abs(found - expected) < 0.02 * expected)
    }
  }
}
