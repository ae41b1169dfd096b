/** The parts of ECharts that the studio draws with, registered once. Only Chart.svelte imports this. */
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { AxisPointerComponent, BrushComponent, DataZoomComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';

use([BarChart, CustomChart, LineChart, ScatterChart, AxisPointerComponent, BrushComponent, DataZoomComponent, GridComponent, TooltipComponent, CanvasRenderer, SVGRenderer]);

export { init };
export type { ECharts } from 'echarts/core';
