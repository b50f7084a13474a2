import Foundation
import NeuralFields
import Testing

@Suite("Bounding box")
struct BoundingBoxTests {
  static let box = BoundingBox(minimum: [-1, 0, 2], maximum: [3, 1, 4])

  @Test("extent, centre and diagonal follow from the corners")
  func measures() {
    #expect(Self.box.extent == [4, 1, 2])
    #expect(Self.box.centre == [1, 0.5, 3])
    #expect(abs(Self.box.diagonal - Float(21).squareRoot()) < 1e-6)
  }

  @Test("a box holds its corners and faces, and nothing beyond")
  func contains() {
    #expect(Self.box.contains([-1, 0, 2]) && Self.box.contains([3, 1, 4]))
    #expect(Self.box.contains([0, 1, 3]))
    for axis in 0..<3 {
      for sign in [-1, 1] as [Float] {
        var point = Self.box.centre
        point[axis] += sign * (Self.box.extent[axis] / 2 + 1e-3)
        #expect(!Self.box.contains(point))
      }
    }
    #expect(!Self.box.contains([.nan, 0.5, 3]))
  }

  @Test("expanding moves every face outwards by a share of the largest extent")
  func expanded() {
    let grown = Self.box.expanded(byShare: 0.25)
    #expect(grown == BoundingBox(minimum: [-2, -1, 1], maximum: [4, 2, 5]))
    #expect(Self.box.expanded(byShare: 0) == Self.box)
  }

  @Test("a union is the smallest box that holds both")
  func union() {
    let other = BoundingBox(minimum: [0, -5, 3], maximum: [1, 0.5, 9])
    let union = BoundingBox(minimum: [-1, -5, 2], maximum: [3, 1, 9])
    #expect(Self.box.union(other) == union)
    #expect(other.union(Self.box) == union)
    #expect(union.union(other) == union)
  }

  @Test("a box comes back from its JSON")
  func json() throws {
    let data = try JSONEncoder().encode(Self.box)
    #expect(try JSONDecoder().decode(BoundingBox.self, from: data) == Self.box)
  }

  @Test(
    "corners that make no box are refused",
    arguments: [
      #"{"minimum": [0, 0, 0], "maximum": [1, 0, 1]}"#,
      #"{"minimum": [0, 0, 2], "maximum": [1, 1, 1]}"#,
      #"{"minimum": [-3e38, 0, 0], "maximum": [3e38, 1, 1]}"#,
      #"{"minimum": [0, 0, 0]}"#,
    ])
  func malformed(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(BoundingBox.self, from: Data(text.utf8))
    }
  }
}
