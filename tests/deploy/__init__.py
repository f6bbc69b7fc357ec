"""What a deployment consists of beside the images: the chart, the alerts and the dashboard."""
