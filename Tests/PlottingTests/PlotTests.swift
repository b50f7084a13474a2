import Foundation
import Imaging
import Plotting
import Testing

@Suite("Plots") struct PlotTests {
  private static let red = SIMD3<Float>(1, 0, 0)

  /// A plot of a few points, with all that a plot can have.
  private func plot(
    _ scale: PlotAxis.Scale = .linear, points: [PlotPoint], title: String = "Points",
    names: [String] = ["first", "second"], width: Int = 900, height: Int = 600
  ) -> Plot {
    Plot(
      title: title, x: PlotAxis("abscissa", scale: scale, covering: points.map(\.x)),
      y: PlotAxis("ordinate", covering: points.map(\.y)),
      series: names.map {
        PlotSeries($0, colour: Self.red, line: .none, points: $0 == names[0] ? points : [])
      }, width: width, height: height)
  }

  /// Red pixels' middle, below the legend.
  private func middle(of image: Image, below top: Int) -> (place: SIMD2<Float>, count: Int) {
    var (sum, count) = (SIMD2<Float>(0, 0), 0)
    for row in top..<image.height {
      for column in 0..<image.width
      where image[column: column, row: row, channel: 0] > 0.9
        && image[column: column, row: row, channel: 1] < 0.1
      {
        sum += [Float(column) + 0.5, Float(row) + 0.5]
        count += 1
      }
    }
    return (sum / Float(max(count, 1)), count)
  }

  @Test(
    "a point is drawn where the axes say", arguments: [PlotAxis.Scale.linear, .logarithmic],
    [0.1, 0.37, 0.8])
  func position(scale: PlotAxis.Scale, share: Double) {
    let ends = [PlotPoint(x: 1, y: 0), PlotPoint(x: 100, y: 10)]
    let axes = plot(scale, points: ends)
    let x = scale == .linear ? 100 * share : pow(100, share)
    let own = Plot(
      title: "", x: axes.x, y: axes.y,
      series: [
        PlotSeries("", colour: Self.red, line: .none, points: [PlotPoint(x: x, y: 10 * share)])
      ])
    let expected = own.position(x: x, y: 10 * share)
    let found = middle(of: own.picture(), below: 0)
    #expect(abs(found.place.x - expected.x) < 0.3 && abs(found.place.y - expected.y) < 0.3)
    #expect((60...120).contains(found.count))
    // The axes' ends are the frame's corners, and shares are measured along it.
    let low = own.position(x: own.x.range.lowerBound, y: own.y.range.lowerBound)
    let high = own.position(x: own.x.range.upperBound, y: own.y.range.upperBound)
    let ratio = (expected - low) / (high - low)
    #expect(abs(ratio.x - Float(own.x.share(of: x))) < 1e-4)
    #expect(abs(ratio.y - Float(own.y.share(of: 10 * share))) < 1e-4)
    #expect(low.x < high.x && low.y > high.y)
  }

  @Test("a spread is a bar from one of its ends to the other")
  func spread() {
    let axes = plot(points: [PlotPoint(x: 0, y: 0), PlotPoint(x: 10, y: 10)])
    let own = Plot(
      title: "", x: axes.x, y: axes.y,
      series: [
        PlotSeries(
          "", colour: Self.red, marker: nil, points: [PlotPoint(x: 5, y: 5, spread: 2)])
      ])
    let image = own.picture()
    for (value, isRed) in [(7.5, false), (6.9, true), (5, true), (3.1, true), (2.5, false)] {
      let place = own.position(x: 5, y: value)
      let green = image[column: Int(place.x), row: Int(place.y), channel: 1]
      #expect((green < 0.7) == isRed, "\(value) \(green)")
    }
  }

  @Test(
    "texts neither overlap nor leave the picture",
    arguments: [(900, 600), (320, 240), (720, 240)], PlotAxisTests.ranges)
  func texts(size: (width: Int, height: Int), range: (low: Double, high: Double)) {
    let points = (0...6).map { index in
      PlotPoint(
        x: range.low + (range.high - range.low) * Double(index) / 6, y: Double(index * index % 7),
        label: "\(index) scenes")
    }
    for scale in [PlotAxis.Scale.linear, .logarithmic] where scale == .linear || range.low > 0 {
      let boxes = plot(
        scale, points: points, title: "A title",
        names: ["one", "another", "a third", "and a fourth"],
        width: size.width, height: size.height
      ).labelBoxes
      #expect(boxes.count > 8)
      for (index, box) in boxes.enumerated() {
        #expect(
          box.minimum.x >= 0 && box.minimum.y >= 0 && box.maximum.x <= Float(size.width)
            && box.maximum.y <= Float(size.height), "\(box)")
        #expect(boxes[..<index].allSatisfy { !$0.overlaps(box) }, "\(box)")
      }
    }
  }

  @Test("the same plot has the same samples, and a column has those of its plots")
  func sameSamples() {
    let points = [
      PlotPoint(x: 1, y: 2, spread: 1, label: "a"), PlotPoint(x: 3, y: 4), PlotPoint(x: 9, y: 1),
    ]
    let first = plot(points: points).picture()
    #expect(first == plot(points: points).picture())
    #expect(first.width == 900 && first.height == 600 && first.channelCount == 3)
    #expect(first.samples.allSatisfy { (0...1).contains($0) })
    let column = Plot.column([plot(points: points), plot(points: points)])
    #expect(column.height == 1200 && column.samples == first.samples + first.samples)
  }

  @Test("edges are smooth: a slanted line has shades between its colour and white")
  func smoothness() {
    let own = Plot(
      title: "", x: PlotAxis("", covering: [0, 1]), y: PlotAxis("", covering: [0, 1]),
      series: [
        PlotSeries(
          "", colour: Self.red, marker: nil,
          points: [PlotPoint(x: 0.1, y: 0.2), PlotPoint(x: 0.9, y: 0.7)])
      ])
    let image = own.picture()
    let shades = Set(
      (0..<image.width * image.height).filter { image.samples[3 * $0] > 0.99 }.map {
        (image.samples[3 * $0 + 1] * 20).rounded()
      })
    #expect(shades.count > 15)
  }

  @Test("every marker covers about the same area around its point", arguments: PlotMarker.allCases)
  func markers(marker: PlotMarker) {
    let own = Plot(
      title: "", x: PlotAxis("", covering: [0, 1]), y: PlotAxis("", covering: [0, 1]),
      series: [
        PlotSeries(
          "", colour: Self.red, marker: marker, line: .none, points: [PlotPoint(x: 0.5, y: 0.5)])
      ])
    let found = middle(of: own.picture(), below: 0)
    let expected = own.position(x: 0.5, y: 0.5)
    #expect((45...110).contains(found.count), "\(found.count)")
    #expect(abs(found.place.x - expected.x) < 0.3 && abs(found.place.y - expected.y) < 0.6)
  }
}
