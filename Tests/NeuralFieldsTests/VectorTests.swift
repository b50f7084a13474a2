import NeuralFields
import Testing

@Suite("Vectors")
struct VectorTests {
  static let vectors: [SIMD3<Float>] = [[1, 2, 3], [-4, 0.5, 2], [0, 0, -7], [1e-3, 5, 1]]

  @Test("a cross product is at right angles to both factors and turns with their order")
  func cross() {
    #expect(SIMD3<Float>(1, 0, 0).cross([0, 1, 0]) == [0, 0, 1])
    for a in Self.vectors {
      for b in Self.vectors {
        let cross = a.cross(b)
        #expect(abs(cross.dot(a)) < 1e-4 && abs(cross.dot(b)) < 1e-4)
        #expect(b.cross(a) == -cross)
        // Lagrange: |a × b|² + (a·b)² = |a|² |b|²
        let sum = cross.dot(cross) + a.dot(b) * a.dot(b)
        #expect(abs(sum - a.dot(a) * b.dot(b)) <= 1e-5 * sum)
      }
    }
  }

  @Test("a normalised vector has length 1 and the same direction", arguments: vectors)
  func normalised(vector: SIMD3<Float>) {
    let unit = vector.normalised
    #expect(abs(unit.length - 1) < 1e-6)
    #expect(abs(unit.dot(vector) - vector.length) < 1e-5 * vector.length)
  }
}
