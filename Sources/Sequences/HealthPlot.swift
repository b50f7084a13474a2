package import Imaging
import Plotting

/// A picture of a sequence's health: a plot for each of opacity mass, change and flicker over frames.
package enum HealthPlot {
  package static func picture(of health: SequenceHealth) -> Image {
    // The first frame has not changed, and the ends have no two neighbours.
    let frames = health.frames
    return Plot.column([
      plot("Opacity mass", 0, frames.map { ($0.frame, $0.opacityMass) }),
      plot("Change from the frame before", 1, frames.dropFirst().map { ($0.frame, $0.change) }),
      plot("Flicker", 2, frames.dropFirst().dropLast().map { ($0.frame, $0.flicker) }),
    ])
  }

  private static func plot(_ title: String, _ colour: Int, _ values: [(frame: Int, value: Double)])
    -> Plot
  {
    Plot(
      title: title, x: PlotAxis("frame", covering: values.map { Double($0.frame) }),
      y: PlotAxis("", covering: [0] + values.map(\.value)),
      series: [
        PlotSeries(
          title, colour: PlotSeries.colours[colour], marker: nil,
          points: values.map { PlotPoint(x: Double($0.frame), y: $0.value) })
      ], width: 720, height: 240)
  }
}
