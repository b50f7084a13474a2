import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Scene latents")
struct SceneLatentTests {
  static let layout = TinyModels.field().layout

  static func change(seed: UInt64) -> WeightChange {
    var random = SeededGenerator(seed: seed)
    return WeightChange(
      parts: layout.entries.map { entry in
        let isMatrix = entry.shape.count == 2
        let rank = isMatrix ? 2 : 1
        return WeightChange.Part(
          name: entry.name, shape: entry.shape, rank: rank,
          left: random.normals(count: entry.shape[0] * rank, standardDeviation: 1),
          right: isMatrix
            ? random.normals(count: entry.shape[1] * rank, standardDeviation: 1) : [])
      })
  }

  @Test("a change adds the product of its factors", arguments: [1, -0.5, 0] as [Float])
  func product(factor: Float) {
    let change = Self.change(seed: 1)
    var weights = FieldWeights([Float](repeating: 1, count: Self.layout.count))
    change.add(to: &weights, layout: Self.layout, times: factor)
    var expected = [Double](repeating: 1, count: Self.layout.count)
    for (part, entry) in zip(change.parts, Self.layout.entries) {
      let columns = entry.shape.count == 2 ? entry.shape[1] : 1
      for row in 0..<entry.shape[0] {
        for column in 0..<columns {
          var value = 0.0
          if entry.shape.count == 2 {
            for k in 0..<part.rank {
              value +=
                Double(part.left[row * part.rank + k]) * Double(part.right[k * columns + column])
            }
          } else {
            value = Double(part.left[row])
          }
          expected[entry.offset + row * columns + column] += Double(factor) * value
        }
      }
    }
    #expect(Tolerance.errorOfLargest(weights.values, expected) < 1e-6)
  }

  @Test("a mix adds up codes, and changes fade with their scene's weight")
  func mix() {
    let (first, second) = (Self.change(seed: 2), Self.change(seed: 3))
    let a = SceneLatent(
      code: LatentCode([1, 2]), changes: [WeightedChange(change: first)])
    let b = SceneLatent(
      code: LatentCode([3, -2]),
      changes: [WeightedChange(change: first, weight: 0.5), WeightedChange(change: second)])
    let mixed = SceneLatent.mix([(a, 0.25), (b, 0.5)])
    #expect(mixed.code.values == [1.75, -0.5])
    #expect(
      mixed.changes == [
        WeightedChange(change: first, weight: 0.5), WeightedChange(change: second, weight: 0.5),
      ])
    #expect(SceneLatent.mix([(a, 1), (b, 0)]).changes == a.changes)
    #expect(SceneLatent.mix([(a, 1)]) == a)
  }

  @Test("a change of another network does not fit")
  func fit() {
    let change = Self.change(seed: 4)
    #expect(change.fits(Self.layout))
    #expect(!change.fits(TinyModels.field(width: 17).layout))
    #expect(!WeightChange(parts: change.parts + [change.parts[0]]).fits(Self.layout))
    #expect(WeightChange(parts: []).fits(Self.layout))
  }
}
