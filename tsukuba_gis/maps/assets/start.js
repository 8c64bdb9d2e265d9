new ReportPage(JSON.parse(find("data").textContent));
