import type { Stored } from './honeycomb-store.ts';

/** As the API shows a query: without what is default, with the filters in another order. */
export function shownQuery(stored: Stored): Stored {
  const { filter_combination, limit, time_range, orders, ...rest } = stored;
  return {
    ...rest,
    filters: [...(stored.filters as unknown[])].reverse(),
    ...(filter_combination === 'OR' ? { filter_combination } : {}),
    ...(limit === 1_000 ? {} : { limit }),
    ...(time_range === 7_200 ? {} : { time_range }),
    orders: Array.isArray(orders) && orders.length > 0 ? orders : null,
    havings: null,
  };
}

/** As the API shows a board: every setting spelled out, panels with the name of their dataset. */
export function shownBoard(stored: Stored): Stored {
  const { layout_generation: _writeOnly, ...board } = stored;
  const panels = (stored.panels as Stored[]).map((panel) => {
    if (panel.query_panel === undefined) return panel;
    const queryPanel = panel.query_panel as { visualization_settings?: { charts?: object[] } };
    const charts = (queryPanel.visualization_settings?.charts ?? []).map((chart) => ({
      hide_other: false,
      omit_missing_values: false,
      ...chart,
    }));
    const visualization_settings = {
      hide_compare: false,
      hide_hovers: false,
      ...queryPanel.visualization_settings,
      charts: [...charts, { chart_index: 9, chart_type: 'default', log_scale: false }],
    };
    return {
      ...panel,
      query_panel: { ...queryPanel, dataset: 'tripmeter', visualization_settings },
    };
  });
  return { ...board, panels, links: { board_url: 'https://ui.honeycomb.io/board' } };
}
