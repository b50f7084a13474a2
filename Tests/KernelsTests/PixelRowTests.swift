import Kernels
import Testing

@Suite("Row of pixels")
struct PixelRowTests {
  private static let view = PixelRow.View(
    position: [0.3, -0.2, 3], right: [1, 0, 0], up: [0, 1, 0], backward: [0, 0, 1],
    focal: [31, 29], principal: [20.5, 17], minimum: [-1, -.infinity, -0.7],
    maximum: [0.9, 0.8, .infinity])

  @Test(
    "every instruction set casts the same rays, to the last bit, from any first column",
    arguments: FieldKernelBackend.available)
  func instructionSets(backend: FieldKernelBackend) {
    var row = PixelRow(backend: backend)
    for columns in [0..<1, 0..<41, 7..<41, 33..<35] {
      row.cast(columns: columns, row: 12, view: Self.view)
      for (index, column) in columns.enumerated() {
        let found = row[index]
        let x = (Float(column) + 0.5 - Self.view.principal.x) / Self.view.focal.x
        let y = -(12.5 - Self.view.principal.y) / Self.view.focal.y
        let way = Self.view.right * x + Self.view.up * y - Self.view.backward
        #expect(found.direction == way / (way * way).sum().squareRoot())
        var (enter, leave) = (-Float.infinity, Float.infinity)
        for axis in 0..<3 {
          let speed = found.direction[axis]
          let inverse = 1 / (abs(speed) > 1e-30 ? speed : 1e-30)
          let sides = [Self.view.minimum, Self.view.maximum].map {
            ($0[axis] - Self.view.position[axis]) * inverse
          }
          enter = max(enter, min(sides[0], sides[1]))
          leave = min(leave, max(sides[0], sides[1]))
        }
        #expect(found.enter == enter && found.leave == leave)
      }
    }
  }
}
